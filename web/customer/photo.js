// Makes a photo smaller before it goes out over a weak line, and lets go one that is too large.
// All works without it. No syntax newer than 2017, for old phones.
(() => {
  const input = document.getElementById("photo");
  const said = document.getElementById("photo-said");
  const LONGEST_SIDE = 1600;

  function take(blob, file) {
    if (input.files[0] !== file) return;
    if (!blob || blob.size >= file.size) return drop(file);
    const kept = new DataTransfer();
    kept.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    input.files = kept.files;
    const size = (bytes) => (bytes / 1e6).toFixed(1);
    said.textContent = input.dataset.small
      .replace("{before}", size(file.size))
      .replace("{after}", size(blob.size));
  }

  function draw(picture, file) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => take(blob, file), "image/jpeg", 0.8);
  }

  function drop(file) {
    if (input.files[0] !== file || file.size <= +input.dataset.most) return;
    // A report must not wait for its photo: it goes without.
    input.value = "";
    said.textContent = input.dataset.large;
  }

  input.onchange = () => {
    const file = input.files[0];
    said.textContent = "";
    if (!file) return;
    if (!window.createImageBitmap) return drop(file);
    createImageBitmap(file)
      .then((picture) => draw(picture, file))
      .catch(() => drop(file));
  };
})();
