// Colours: as the system has them, light, dark.
{
  const button = document.getElementById("theme");
  const themes = ["", "light", "dark"];
  const words = { "": "as the system has them", light: "light", dark: "dark" };
  const show = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    button.textContent = { "": "Auto", light: "Light", dark: "Dark" }[theme];
    button.setAttribute("aria-label", `Colours: ${words[theme]}`);
  };
  const kept = () => {
    try { return localStorage.getItem("harness-theme") ?? ""; } catch { return ""; }
  };
  const keep = (theme) => {
    try { localStorage.setItem("harness-theme", theme); } catch { /* a page without storage forgets */ }
  };
  let theme = themes.includes(kept()) ? kept() : "";
  show(theme);
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    show(theme);
    keep(theme);
  });
}
