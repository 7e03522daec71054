// What the page does in the browser by itself: marks the section in sight, copies the link, names the language, suggests
// questions while one types.
// Streamlit runs it whenever it draws the links to the sections; what listens is put up once.
(() => {
  const links = () => document.querySelectorAll(".wb-nav a");

  function mark() {
    let here = null;
    for (const each of links()) {
      const section = document.getElementById(each.hash.slice(1));
      if (!here || (section && section.getBoundingClientRect().top < innerHeight / 3)) here = each;
    }
    const page = document.querySelector("[data-testid=stMain]");
    const atEnd = page && page.scrollTop > 0 && page.scrollTop + page.clientHeight > page.scrollHeight - 9;
    if (atEnd) here = [...links()].at(-1); // whose section may be too short to come to the top
    for (const each of links()) {
      if (each === here) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  function address(defaults) {
    const found = new URL(location.href);
    for (const [name, value] of new URLSearchParams(defaults)) {
      if (!found.searchParams.has(name)) found.searchParams.set(name, value);
    }
    found.hash = "";
    return found.href;
  }

  async function write(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // a page served without https has no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  async function copy(event) {
    const button = event.target.closest && event.target.closest(".wb-copy");
    if (!button) return;
    const text = button.textContent;
    await write(address(button.dataset.defaults));
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = text; }, 2000);
  }

  function suggest() {
    const field = document.querySelector(".st-key-ask input[type=text]");
    if (field) field.setAttribute("list", "wb-questions"); // Streamlit draws the field anew, without it
  }

  const nav = document.querySelector(".wb-nav");
  if (nav) document.documentElement.lang = nav.lang;
  mark();
  if (window.lawvault) return;
  window.lawvault = true;
  document.addEventListener("scroll", mark, { capture: true, passive: true });
  addEventListener("resize", mark);
  document.addEventListener("click", copy);
  document.addEventListener("focusin", suggest);
})();
