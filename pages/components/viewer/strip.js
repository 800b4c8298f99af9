// The levels that were read, from above: name, probability of disease as a bar, zone; each a button.

export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  const { words } = data;
  parentElement.querySelector(".caption").textContent = words.caption;
  strip.setAttribute("aria-label", words.label);
  const held = parentElement.activeElement?.dataset?.level;
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const rows = data.levels.map((level) => {
    const row = document.createElement("button");
    const name = level.level || words.box;
    row.type = "button";
    row.dataset.level = level.level;
    row.dataset.diseased = String(level.diseased);
    row.setAttribute("aria-pressed", String(level.chosen));
    row.setAttribute(
      "aria-label",
      (level.chosen ? words.chosen : words.row).replace(/\{(\w+)\}/g, (_, key) => ({ ...level, name })[key]),
    );
    row.innerHTML =
      '<b class="name"></b><span class="bar"><i class="fill"></i><i class="point"></i></span>' +
      '<span class="number"></span><span class="zone"></span>';
    row.querySelector(".name").textContent = name;
    row.querySelector(".fill").style.width = percent(level.share);
    row.querySelector(".point").style.left = percent(level.point);
    row.querySelector(".number").textContent = level.probability;
    row.querySelector(".zone").textContent = level.diseased ? level.zone : "";
    row.onclick = () => setTriggerValue("picked", level.level);
    return row;
  });
  strip.replaceChildren(...rows);
  // A press runs the page again; who works with the keyboard stays where he was.
  if (held !== undefined) rows.find((row) => row.dataset.level === held)?.focus({ preventScroll: true });
}
