// What the page asks of its server. The token comes with the address, in the fragment; it is kept for
// this tab and taken out of the address, so that nobody copies it by accident.

const key = "ganlib-token";

function findToken() {
  const given = location.hash.slice(1);
  if (given) {
    sessionStorage.setItem(key, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(key) ?? "";
}

const token = findToken();

export const mayAct = token !== "";

export async function describeRun() {
  const response = await fetch("/api/run");
  if (!response.ok) throw new Error(await reason(response));
  return response.json();
}

// post asks for something that changes or costs something, and returns the answer if it is not an error.
export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "X-Ganlib-Token": token, "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

async function reason(response) {
  try {
    const { error } = await response.json();
    return error.replace(/^page: /, "");
  } catch {
    return `the server answered ${response.status}`;
  }
}
