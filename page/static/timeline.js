// The pictures of fixed noise and the slider through their time.

const byId = (id) => document.getElementById(id);
const frameEvery = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 150; // ms

export class Timeline {
  #list = [];
  #newest = true; // the slider follows the newest picture
  #timer = 0;
  #wanted = "";

  constructor() {
    this.slider = byId("timeline");
    this.slider.addEventListener("input", () => { this.stop(); this.follow(this.atEnd()); this.show(); });
    byId("newest").addEventListener("click", () => { this.stop(); this.follow(true); this.show(); });
    byId("play").addEventListener("click", () => (this.#timer ? this.stop() : this.play()));
  }

  atEnd() { return Number(this.slider.value) === this.#list.length - 1; }

  follow(on) {
    this.#newest = on;
    byId("newest").setAttribute("aria-pressed", String(on));
    if (on) this.slider.value = String(this.#list.length - 1);
  }

  // take adds the pictures of an event.
  take({ reset, list }) {
    this.#list = reset ? list : [...this.#list, ...list];
    const any = this.#list.length > 0;
    byId("no-pictures").hidden = any;
    byId("picture-box").hidden = !any;
    byId("timeline-row").hidden = !any;
    this.slider.max = String(Math.max(this.#list.length - 1, 0));
    if (this.#newest) this.follow(true);
    if (any) this.show();
  }

  play() {
    if (this.atEnd()) this.slider.value = "0";
    this.follow(false);
    this.show();
    byId("play").setAttribute("aria-pressed", "true");
    this.#timer = setInterval(() => {
      if (this.atEnd()) return this.stop();
      this.slider.value = String(Number(this.slider.value) + 1);
      this.show();
    }, frameEvery);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    byId("play").setAttribute("aria-pressed", "false");
  }

  // show puts the slider's picture on the page when it has arrived, unless another is wanted by then.
  async show() {
    const at = Number(this.slider.value);
    const [epoch, batch] = this.#list[at];
    const url = `/picture/${epoch}/${batch}`;
    const text = `Epoch ${epoch}, step ${batch} of it; picture ${at + 1} of ${this.#list.length}`;
    this.slider.setAttribute("aria-valuetext", text);
    byId("picture-text").textContent = text;
    if (url === this.#wanted) return;
    this.#wanted = url;
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
    } catch {
      return; // gone, or half a picture: the one before stays
    }
    if (url !== this.#wanted) return;
    const picture = byId("picture");
    picture.src = url;
    picture.alt = `Samples that the generator made of the same noise at epoch ${epoch}, step ${batch}`;
  }
}
