// What all scripts share: the data, and making elements.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// "0..3,5" as numbers.
function places(ranges) {
  return ranges.split(",").flatMap((part) => {
    const [first, last] = part.split("..").map(Number);
    return last === undefined ? [first] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

// A method's colour, moved away from the paper's so that it stands out in both themes.
function colour(method) {
  const c = method.colour;
  return `light-dark(color-mix(in oklab, ${c} 88%, black), color-mix(in oklab, ${c} 62%, white))`;
}

function swatch(method) {
  const line = draw("line", { x1: 0, x2: 24, y1: 4, y2: 4, "stroke-dasharray": method.dash });
  return draw("svg", { class: "swatch", viewBox: "0 0 24 8", "aria-hidden": "true", style: `--c:${colour(method)}` }, line);
}
