"""Someone at a page in a browser. Needs selenium."""

from selenium.webdriver.common.by import By

PAGE = "nb201-cifar10.html"


class Reader:
    """Someone at a page."""

    def __init__(self, driver, site):
        self.driver, self.site = driver, site

    def open(self, name=PAGE, width=1280, dark=False):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get((self.site / name).as_uri())
        self.run("try { localStorage.clear() } catch {}")
        return self

    def run(self, script, *words):
        return self.driver.execute_script(script, *words)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        element = self.one(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def texts(self, selector):
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent.trim())",
            selector,
        )

    def settled(self, script):
        """A value that changes with the next frame at the latest."""
        wait = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done("
        return self.driver.execute_async_script(f"{wait}({script}))));")


CONTRAST = """
const canvas = document.createElement("canvas"); canvas.width = canvas.height = 1;
const pen = canvas.getContext("2d", { willReadFrequently: true });
const known = new Map();
const rgba = (colour) => {
  if (!known.has(colour)) {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    known.set(colour, [...pen.getImageData(0, 0, 1, 1).data]);
  }
  return known.get(colour);
};
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const paper = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
let count = 0, worst = [99, ""];
for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(style)")) {
  const says = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!says || !e.checkVisibility()) continue;
  const [a, b] = [light(rgba(getComputedStyle(e).color)), light(paper(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  count += 1;
  if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 200)];
}
return { count, worst, light: light(paper(document.body)) > 0.5 };
"""
"""How words stand out from what lies behind them (WCAG 2.1, 1.4.3): the worst place, the number of places."""
