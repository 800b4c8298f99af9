// A scale on which nothing stands until it is clicked, dragged or given by a key.

const GATHER_MS = 200;
const scales = new WeakMap();

class Scale {
  constructor(root) {
    this.root = root.querySelector(".scale");
    this.input = root.querySelector("input");
    this.output = root.querySelector("output");
    this.input.oninput = () => this.stand();
    // A click on the very place where the hidden mark waits changes nothing, and says it all the same.
    this.input.onclick = () => this.tell();
    this.input.onchange = () => this.later();
    this.input.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.tell();
    };
    // What is clicked next may ask for what was said.
    this.flush = () => this.waiting && this.tell();
    window.addEventListener("click", this.flush, true);
  }

  destroy() {
    window.removeEventListener("click", this.flush, true);
    clearTimeout(this.waiting);
  }

  update(data, send) {
    const fresh = !this.data;
    this.data = data;
    this.send = send;
    this.input.min = data.least;
    this.input.max = data.most;
    this.input.setAttribute("aria-label", data.label);
    this.root.querySelectorAll(".ends span").forEach((end, at) => { end.textContent = data.ends[at]; });
    if (fresh) {
      this.input.value = data.value ?? (data.least + data.most) / 2;
      this.said = data.value !== null;
    }
    this.show();
  }

  /** The mark stands from now on where the input is. */
  stand() {
    this.said = true;
    this.show();
  }

  show() {
    const [, words = ""] = this.data.words.find(([most]) => Number(this.input.value) <= most) ?? [];
    const told = this.said ? `${this.input.value} % ${words}`.trim() : this.data.open;
    this.root.classList.toggle("open", !this.said);
    this.output.textContent = told;
    this.input.setAttribute("aria-valuetext", told);
  }

  /** Keys that are held are gathered, so that they ask for one run of the page only. */
  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.tell(), GATHER_MS);
  }

  tell() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.stand();
    const value = Number(this.input.value);
    if (value === this.sent) return;
    this.sent = value;
    this.send("said", value);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let scale = scales.get(parentElement);
  if (!scale) {
    scale = new Scale(parentElement);
    scales.set(parentElement, scale);
  }
  scale.update(data, setStateValue);
  return () => {
    scale.destroy();
    scales.delete(parentElement);
  };
}
