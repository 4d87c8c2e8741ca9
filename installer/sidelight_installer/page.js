"use strict";
// At 0 EV without the map the browser's own <img> is seen, so an HDR screen shows real HDR.
// Otherwise a canvas over it shows the picture restored from the JPEG's bytes, re-exposed.

const LONGEST_SIDE = 1280;
const COLOURS = [
  [62, 73, 200], [38, 130, 142], [53, 183, 121], [180, 222, 44], [253, 174, 50], [240, 80, 60],
];
const BANDS = [
  [0, "0–½"], [0.5, "½–1"], [1, "1–1½"], [1.5, "1½–2"], [2, "2–3"], [3, "3+"],
].map(([from, label], i) => ({ from, label, rgb: COLOURS[i] }));
const LUMA = [0.2126, 0.7152, 0.0722];

const decodeTable = Float32Array.from({ length: 256 }, (_, i) => {
  const v = i / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});
const encodeTable = Uint8ClampedArray.from({ length: 4096 }, (_, i) => {
  const v = i / 4095;
  return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
});

const exposure = document.getElementById("exposure");
const exposureValue = document.getElementById("exposure-value");
const map = document.getElementById("map");
const legend = document.getElementById("legend");
const panes = new Map();

// Pictures: bytes -> linear RGB, 1 = SDR white

function bytesOf(img) {
  const text = atob(img.src.slice(img.src.indexOf(",") + 1));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

async function pixelsOf(bytes, size, colour) {
  const blob = new Blob([bytes], { type: "image/jpeg" });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: colour });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = size ? size.width : Math.round(bitmap.width * scale);
  const height = size ? size.height : Math.round(bitmap.height * scale);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

async function linearOf(pane) {
  const bytes = bytesOf(pane.img);
  const gain = pane.figure.dataset.gain && JSON.parse(pane.figure.dataset.gain);
  const base = await pixelsOf(gain ? bytes.subarray(...gain.base) : bytes, null, "default");
  const { width, height } = base;
  const rgb = new Float32Array(width * height * 3);
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    for (let c = 0; c < 3; c++) rgb[j + c] = decodeTable[base.data[i + c]];
  }
  if (gain) {
    const picture = await pixelsOf(bytes.subarray(...gain.map), base, "none");
    applyGain(rgb, picture.data, gain);
  }
  return { width, height, rgb };
}

function applyGain(rgb, picture, gain) {
  const tables = [0, 1, 2].map((c) => Float32Array.from({ length: 256 }, (_, i) => {
    const stops = gain.minimum[c]
      + (gain.maximum[c] - gain.minimum[c]) * (i / 255) ** (1 / gain.gamma[c]);
    return 2 ** stops;
  }));
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    for (let c = 0; c < 3; c++) {
      const value = (rgb[j + c] + gain.offset_sdr[c]) * tables[c][picture[i + c]];
      rgb[j + c] = Math.max(0, value - gain.offset_hdr[c]);
    }
  }
}

// What a pane shows

function expose(linear, data, factor) {
  const { rgb } = linear;
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    for (let c = 0; c < 3; c++) {
      data[i + c] = encodeTable[Math.min(4095, rgb[j + c] * factor * 4095 + 0.5) | 0];
    }
    data[i + 3] = 255;
  }
}

function paintMap(linear, data, factor) {
  const { rgb } = linear;
  // A quarter code value of slack, so that the rounding of 8-bit white is not counted as above.
  const white = 1.002;
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    const top = Math.max(rgb[j], rgb[j + 1], rgb[j + 2]) * factor;
    if (top > white) {
      const colour = band(Math.log2(top)).rgb;
      for (let c = 0; c < 3; c++) data[i + c] = colour[c];
    } else {
      const y = factor * (LUMA[0] * rgb[j] + LUMA[1] * rgb[j + 1] + LUMA[2] * rgb[j + 2]);
      const grey = 24 + 0.55 * encodeTable[Math.min(4095, y * 4095) | 0];
      data[i] = data[i + 1] = data[i + 2] = grey;
    }
    data[i + 3] = 255;
  }
}

function band(stops) {
  let found = BANDS[0];
  for (const one of BANDS) if (stops >= one.from) found = one;
  return found;
}

async function show(pane) {
  const ev = Number(exposure.value);
  const plain = ev === 0 && !map.checked;
  if (!plain && !pane.linear) {
    pane.loading ??= linearOf(pane);
    pane.linear = await pane.loading;
    if (ev !== Number(exposure.value)) return show(pane);
  }
  pane.canvas.hidden = plain;
  if (plain) return undefined;
  const { width, height } = pane.linear;
  if (pane.canvas.width !== width) pane.canvas.width = width;
  if (pane.canvas.height !== height) pane.canvas.height = height;
  const context = pane.canvas.getContext("2d");
  pane.buffer ??= context.createImageData(width, height);
  (map.checked ? paintMap : expose)(pane.linear, pane.buffer.data, 2 ** ev);
  context.putImageData(pane.buffer, 0, 0);
  return undefined;
}

function above({ rgb }) {
  const counts = new Uint32Array(800);
  let over = 0;
  for (let j = 0; j < rgb.length; j += 3) {
    const top = Math.max(rgb[j], rgb[j + 1], rgb[j + 2]);
    if (top <= 1.002) continue;
    over += 1;
    counts[Math.min(799, Math.log2(top) * 100 | 0)] += 1;
  }
  const total = rgb.length / 3;
  if (over / total < 1e-4) return "nothing above SDR white";
  let level = 799;
  for (let seen = 0; level > 0; level -= 1) {
    seen += counts[level];
    if (seen > total * 1e-4) break;
  }
  return `${(100 * over / total).toFixed(1)} % above SDR white, up to +${(level / 100).toFixed(1)} stops`;
}

async function probe(pane, event) {
  pane.linear ??= await (pane.loading ??= linearOf(pane));
  const box = pane.img.getBoundingClientRect();
  const { width, height, rgb } = pane.linear;
  const x = Math.floor((event.clientX - box.left) / box.width * width);
  const y = Math.floor((event.clientY - box.top) / box.height * height);
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const j = 3 * (y * width + x);
  const stops = Math.log2(Math.max(rgb[j], rgb[j + 1], rgb[j + 2], 2 ** -12)) + Number(exposure.value);
  const size = Math.abs(stops).toFixed(1);
  pane.probe.value = Number(size) === 0 ? "at SDR white"
    : `${size} stops ${stops > 0 ? "above" : "below"} SDR white`;
  pane.probe.hidden = false;
}

// The page

const inView = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const pane = panes.get(entry.target);
    pane.visible = entry.isIntersecting;
    if (pane.visible) show(pane);
  }
}, { rootMargin: "200px" });

let waiting = false;
function update() {
  const ev = Number(exposure.value);
  const sign = ev > 0 ? "+" : ev < 0 ? "−" : "";
  exposureValue.value = `${sign}${Math.abs(ev).toFixed(1)} EV`;
  legend.hidden = !map.checked;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    for (const pane of panes.values()) if (pane.visible) show(pane);
  });
}

function start() {
  for (const figure of document.querySelectorAll(".pane[data-kind]")) {
    const pane = {
      figure,
      img: figure.querySelector("img"),
      canvas: figure.querySelector("canvas"),
      probe: figure.querySelector(".probe"),
    };
    panes.set(figure, pane);
    inView.observe(figure);
    const frame = figure.querySelector(".frame");
    frame.addEventListener("pointermove", (event) => probe(pane, event));
    frame.addEventListener("pointerleave", () => { pane.probe.hidden = true; });
    frame.addEventListener("click", () => {
      figure.style.setProperty("--shape", pane.img.naturalWidth / pane.img.naturalHeight);
      figure.classList.toggle("large");
    });
    if (figure.dataset.gain) {
      pane.loading = linearOf(pane);
      const note = figure.querySelector(".note");
      pane.loading.then(
        (linear) => { note.textContent = above(linear); },
        () => { note.textContent = "This browser cannot restore the HDR picture."; },
      );
    }
  }
  for (const one of BANDS) {
    const item = document.createElement("li");
    item.textContent = one.label;
    item.style.background = `rgb(${one.rgb})`;
    item.style.color = one.rgb[1] > 120 ? "#111" : "#fff";
    legend.querySelector("ol").append(item);
  }
  document.getElementById("screen").textContent = matchMedia("(dynamic-range: high)").matches
    ? "This screen shows HDR."
    : "This screen is SDR, so both look alike here: lower the exposure to look into what lies above white.";
  exposure.addEventListener("input", update);
  map.addEventListener("change", update);
  document.getElementById("tools").addEventListener("reset", () => setTimeout(update));
  // So that a link, or a screenshot, can name a view: index.html#ev=-2&map
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("ev")) exposure.value = wanted.get("ev");
  if (wanted.has("map")) map.checked = true;
  update();
}

start();
