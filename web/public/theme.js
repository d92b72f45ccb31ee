// Runs before the first paint, so that a dark page never flashes white. Kept out of the bundle on purpose.
(() => {
  let theme = "system";
  let density = "compact";
  try {
    theme = localStorage.getItem("earmark.theme") || theme;
    density = localStorage.getItem("earmark.density") || density;
  } catch (_) {
    // Storage may be closed to us (private mode); the defaults stand.
  }
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.density = density;
})();
