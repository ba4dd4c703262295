// The panel that asks the generator for pictures of chosen noise. One request is under way at a time;
// what is chosen meanwhile is asked for next.

import { post } from "./api.js";

const byId = (id) => document.getElementById(id);

export function startLatent({ points, tell }) {
  const form = byId("latent-form");
  let busy = false, again = false, address = "";

  byId("count-label").hidden = points;

  const chosen = () => ({
    seed: byId("seed").value, to: byId("to").value, at: Number(byId("at").value),
    truncation: byId("truncate").checked ? Number(byId("truncation").value) : 0, n: Number(byId("count").value),
  });

  async function draw() {
    if (!form.reportValidity()) return;
    if (busy) { again = true; return; }
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      do {
        again = false;
        await ask(chosen());
      } while (again);
    } catch (error) {
      tell(`No picture: ${error.message}`);
    } finally {
      busy = again = false;
      form.removeAttribute("aria-busy");
    }
  }

  async function ask(want) {
    const response = await post("/api/latent", want);
    const step = response.headers.get("X-Ganlib-Step");
    const blob = await response.blob();
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(blob);
    const place = want.at === 0 ? `seed ${want.seed}` : want.at === 1 ? `seed ${want.to}` : `${Math.round(100 * want.at)} % of the way from seed ${want.seed} to ${want.to}`;
    const picture = byId("latent-picture");
    picture.src = address;
    picture.alt = `Samples of ${place}`;
    byId("latent-text").textContent = `${place[0].toUpperCase()}${place.slice(1)}${want.truncation ? `, noise truncated at ${want.truncation}` : ""}; generator of step ${step}`;
    byId("latent-box").hidden = false;
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); draw(); });
  byId("seeds").addEventListener("click", () => {
    const [a, b] = crypto.getRandomValues(new Uint32Array(2));
    byId("seed").value = String(a % 1000000);
    byId("to").value = String(b % 1000000);
    draw();
  });
  byId("at").addEventListener("input", () => { byId("at-text").textContent = `${Math.round(100 * byId("at").value)} %`; draw(); });
  byId("truncation").addEventListener("input", () => { byId("truncation-text").textContent = Number(byId("truncation").value).toFixed(1); draw(); });
  byId("truncate").addEventListener("change", () => { byId("truncation").disabled = !byId("truncate").checked; draw(); });
}
