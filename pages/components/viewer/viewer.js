// Both films of a study with their controls. Window, zoom, pan, inversion and the overlay live here alone;
// boxes, vertebrae and the level picked go back to Python.

const shelf = () => (window[Symbol.for("mvm.films")] ??= new Map());
const HUNG = Symbol.for("mvm.hung");
const instances = new WeakMap();

class Viewer {
  constructor(root) {
    this.root = root.querySelector(".viewer");
    this.panes = new Map();
    this.revision = 0;
    this.question = null;
    this.outlined = true;
    this.lastScroll = -Infinity;
    this.controls();
    this.arrived = () => this.hang();
    this.scrolled = () => { this.lastScroll = performance.now(); };
    window.addEventListener("mvm-films", this.arrived);
    // Streamlit scrolls an inner element; capturing hears it.
    window.addEventListener("scroll", this.scrolled, true);
  }

  destroy() {
    window.removeEventListener("mvm-films", this.arrived);
    window.removeEventListener("scroll", this.scrolled, true);
    clearTimeout(this.later);
    this.panes.forEach((pane) => pane.destroy());
  }

  find(name) {
    return this.root.querySelector(name);
  }

  role(name) {
    return this.find(`[data-role="${name}"]`);
  }

  controls() {
    const does = {
      in: () => this.active?.zoomBy(1.25),
      out: () => this.active?.zoomBy(0.8),
      level: () => this.panes.forEach((pane) => pane.showLevel()),
      reset: () => { this.panes.forEach((pane) => pane.reset()); this.pressed(false); },
      invert: () => this.invert(),
      vertebrae: () => this.toggleOutlines(),
      remove: () => this.removeBoxes(),
      full: () => this.fullScreen(),
    };
    this.root.querySelectorAll("button").forEach((button) => { button.onclick = does[button.dataset.do]; });
    this.root.querySelectorAll('input[name="tool"]').forEach((radio) => { radio.onchange = () => this.redraw(); });
    this.role("opacity").oninput = () => this.redraw();
    this.role("reading").onchange = () => this.redraw();
    this.role("level").onchange = () => this.rename(this.role("level").value);
  }

  get tool() {
    return this.find('input[name="tool"]:checked').value;
  }

  get reading() {
    return this.role("reading").value;
  }

  /** The question whose map lies over the films: the first one unless another is chosen. */
  get asked() {
    const chosen = this.find('input[name="asked"]:checked')?.value;
    return this.data.asked.find(({ name }) => name === chosen) ?? this.data.asked[0];
  }

  scrolling() {
    return performance.now() - this.lastScroll < 350;
  }

  toggleOutlines() {
    this.outlined = !this.outlined;
    this.find('[data-do="vertebrae"]').setAttribute("aria-pressed", String(this.outlined));
    this.redraw();
  }

  pressed(yes) {
    this.find('[data-do="invert"]').setAttribute("aria-pressed", String(yes));
  }

  invert() {
    this.panes.forEach((pane) => pane.invert());
    this.pressed([...this.panes.values()].some((pane) => pane.window.inverted));
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  activate(pane) {
    this.active = pane;
    this.panes.forEach((each) => { each.root.dataset.active = String(each === pane); });
    this.offerNames();
  }

  redraw() {
    this.role("opacity-value").textContent = `${this.role("opacity").value} %`;
    const cursor = { window: "ns-resize", pan: "grab", box: "crosshair", corners: "default" }[this.tool];
    // A finger scrolls the page past the films, unless it draws on them.
    const touch = ["box", "corners"].includes(this.tool) ? "none" : "pan-y";
    this.panes.forEach((pane) => {
      Object.assign(pane.canvas.style, { cursor, touchAction: touch });
      pane.draw();
    });
    this.find('[data-do="remove"]').hidden = ![...this.panes.values()].some((pane) => pane.box);
    this.offerNames();
  }

  overlayFor(view) {
    const found = this.data.evidence[this.asked?.name]?.[this.reading]?.[view];
    if (!found) return { evidence: null, opacity: 0 };
    found.picture ??= evidencePicture(found.values, this.data.scale, this.asked);
    return { evidence: found, opacity: this.role("opacity").value / 100 };
  }

  /** What lies over a film, in words: whose map, what its reading says, where the map is strongest. */
  saidOfMap(evidence) {
    if (!evidence?.peak) return "";
    const title = this.data.readings.find(({ name }) => name === this.reading)?.title;
    const { name, short, says } = this.asked;
    const found = [this.data.answers[name]?.[this.reading], evidence.peak].filter(Boolean).join("; ");
    return say("over it the map of {title} for {short}: {says}", { title, short, says: `${says} ${found}` });
  }

  regionOf(view) {
    return this.data.regions[view];
  }

  outlinesFor(view) {
    return this.data.outlines?.[view] ?? [];
  }

  /** What makes a film hard to read, where that lies in a place. */
  marksFor(view) {
    return this.data.marks?.[view] ?? [];
  }

  /** With the tool for corners: the names that the vertebra in question may have on the film in focus. */
  offerNames() {
    const { vertebrae, film } = this.active;
    const known = this.tool === "corners" && vertebrae.of(this.question);
    this.role("naming").hidden = !known;
    if (!known) return;
    this.role("naming-of").textContent = say("{view}: this is", { view: film.label });
    const names = vertebrae.namesFor(this.question, this.data.levels);
    this.role("level").replaceChildren(...names.map((name) => new Option(name, name)));
    this.role("level").value = this.question;
  }

  /** Make a level the one in question, on both films; what was boxed before gives way. */
  pick(level) {
    clearTimeout(this.later);
    this.question = level;
    this.panes.forEach((pane) => pane.setBox(null));
    this.tell("level", { level });
    this.redraw();
  }

  rename(name) {
    const level = this.question;
    this.active.vertebrae.rename(level, name, this.data.levels);
    this.question = name;
    this.vertebraeChanged();
    this.redraw();
  }

  removeBoxes() {
    this.panes.forEach((pane) => pane.setBox(null));
    this.boxChanged();
    this.redraw();
  }

  vertebraeChanged() {
    const vertebrae = Object.fromEntries([...this.panes].map(([view, pane]) => [view, pane.vertebrae.send()]));
    this.tell("vertebrae", { vertebrae });
  }

  /** Send a change to Python, numbered so that no older answer undoes it. */
  tell(what, change) {
    this.revision += 1;
    this.send(what, { study: this.data.study, revision: this.revision, ...change });
  }

  /** Tell Python; key presses are gathered, so that holding an arrow asks for one reading only. */
  boxChanged(gather = false) {
    this.revision += 1;
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      const boxes = Object.fromEntries([...this.panes].map(([view, pane]) => [view, pane.box]));
      this.tell("boxes", { boxes });
    }, gather ? 350 : 0);
  }

  update(data, send) {
    const spoken = JSON.stringify(data.words);
    const fresh = data.study !== this.data?.study || spoken !== this.spoken;
    const chosen = data.selected !== this.data?.selected;
    this.data = data;
    this.send = send;
    words = data.words;
    this.root.classList.toggle("plain", Boolean(data.plain));
    this.root.classList.toggle("unnamed", Boolean(data.unnamed));
    if (spoken !== this.spoken) sayMarkup(this.root);
    this.spoken = spoken;
    if (fresh) this.build();
    if (fresh || chosen) this.list(data.selected);
    else this.list(this.reading);
    this.offerQuestions();
    this.legend();
    // What was changed since this answer was asked for is newer than what is in it.
    if (fresh) this.revision = data.revision;
    if (fresh || data.revision >= this.revision) {
      this.question = data.question;
      this.panes.forEach((pane, view) => {
        pane.setBox(data.boxes[view] ?? null);
        pane.vertebrae.take(data.vertebrae[view] ?? []);
      });
    }
    this.role("said").textContent = data.said;
    this.hang();
    this.redraw();
  }

  /** Let the page know, once, that all films of this study are drawn. */
  painted() {
    if (window[HUNG] === this.data.study || ![...this.panes.values()].every((pane) => pane.grey)) return;
    window[HUNG] = this.data.study;
    window.dispatchEvent(new Event("mvm-hung"));
  }

  build() {
    window[HUNG] = null;
    // Whatever was scrolled to before, new films come up with their verdict.
    document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
    this.panes.forEach((pane) => pane.destroy());
    this.panes = new Map(this.data.films.map((film) => [film.view, new Pane(film, this)]));
    this.role("panes").replaceChildren(...[...this.panes.values()].map((pane) => pane.root));
    this.pressed(false);
    this.activate([...this.panes.values()][0]);
  }

  hang() {
    this.panes.forEach((pane) => {
      const picture = shelf().get(pane.film.id);
      if (picture && !pane.pixels) pane.show(picture);
    });
  }

  list(selected) {
    const options = this.data.readings.map(({ name, title }) => new Option(title, name));
    this.role("reading").replaceChildren(...options, new Option(say("nothing"), ""));
    this.role("reading").value = selected;
    this.find(".below").hidden = !options.length;
  }

  /** Where the networks answer more than one question: which one's map is shown. */
  offerQuestions() {
    const { asked } = this.data;
    const chosen = this.asked?.name;
    const choices = asked.map(({ name, title, says }) => {
      const label = document.createElement("label");
      label.title = says;
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "asked", value: name });
      radio.checked = name === chosen;
      radio.onchange = () => { this.legend(); this.redraw(); };
      const words = document.createElement("span");
      words.textContent = title;
      label.append(radio, words);
      return label;
    });
    this.role("asked").replaceChildren(...choices);
    this.role("asked").hidden = asked.length < 2;
  }

  legend() {
    const { scale } = this.data;
    if (!this.asked) return;
    const { above, below, ends } = this.asked;
    const paint = ([red, green, blue], alpha) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;
    this.find(".colours").style.background =
      `linear-gradient(90deg, ${paint(below.colour, 1)}, ${paint(below.colour, 0)} 50%, ` +
      `${paint(above.colour, 0)} 50%, ${paint(above.colour, 1)})`;
    this.root.querySelectorAll(".legend .end").forEach((end, at) => { end.textContent = ends[at]; });
    const ticks = this.root.querySelectorAll(".ticks i");
    ticks[0].textContent = `−${scale}`;
    ticks[2].textContent = `+${scale}`;
    this.role("legend").setAttribute(
      "aria-label",
      say(
        "Evidence, one scale for both films: {low}, down to −{scale} logits, speaks {against}; " +
          "{high}, up to +{scale} logits, {for}",
        { low: below.hue, high: above.hue, scale, against: below.speaks, for: above.speaks },
      ),
    );
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let viewer = instances.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement);
    instances.set(parentElement, viewer);
  }
  viewer.update(data, setStateValue);
  return () => {
    viewer.destroy();
    instances.delete(parentElement);
  };
}
