// Keeps the page and all that it loads, so that it works without a network. The build puts the list of files in place of FILES:
// [path, hash of its content]. A new build is another cache, and takes over when the last page of the old one is closed.

const FILES = [];
const NAME = "analysis-by-synthesis-";
const CACHE = `${NAME}${FILES.map(([, hash]) => hash).join("")}`;
const PAGE = new URL("./", self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(answer(request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // The names in assets/ change with the content, so the browser's own cache may have them; all else is asked for anew.
  await cache.addAll(
    FILES.map(([path]) => new Request(path, { cache: path.startsWith("assets/") ? "default" : "no-cache" })),
  );
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(NAME) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? PAGE : request;
  return (await cache.match(key, { ignoreSearch: true })) ?? fetch(request);
}
