// What the pages do more comfortably with a script; all of them work without it.
"use strict";

for (const area of document.querySelectorAll("[data-drop]")) {
  const input = area.querySelector("input[type=file]");
  const told = area.querySelector("[data-files]");
  const tell = () => {
    const names = Array.from(input.files, (file) => file.name);
    told.textContent = names.length === 0 ? "No file chosen" : names.join(", ");
  };
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    area.addEventListener(name, () => area.classList.remove("over"));
  }
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    tell();
  });
  input.addEventListener("change", tell);
}
