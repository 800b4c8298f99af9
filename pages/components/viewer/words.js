// What the viewer writes by itself, in the page's language: the English text is the key.

let words = {};

const say = (text, values = {}) =>
  (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Write the markup's own texts in the page's language; the English ones are kept, so that it can change. */
function sayMarkup(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const english = (node.english ??= node.data.replace(/\s+/g, " ").trim());
    if (words[english]) node.data = words[english];
    else if (node.said) node.data = english;
    node.said = english in words;
  }
  for (const name of ["title", "aria-label"]) {
    root.querySelectorAll(`[${name}]`).forEach((element) => {
      const english = ((element.english ??= {})[name] ??= element.getAttribute(name));
      element.setAttribute(name, words[english] ?? english);
    });
  }
}
