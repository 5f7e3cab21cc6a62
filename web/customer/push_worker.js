// Shows a message that came while no page was open, and opens the page of the supply when it is tapped. It controls
// no page, keeps nothing and fetches nothing: what it shows came with the message.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));

self.addEventListener("notificationclick", (event) => {
  const { open, stop } = event.notification.data;
  event.notification.close();
  event.waitUntil(self.clients.openWindow(own(event.action === "stop" ? stop : open)));
});

function read(data) {
  try {
    return data.json();
  } catch (_) {
    return {};
  }
}

// Only a page of ours is opened, whatever a message says.
function own(address) {
  const { origin, pathname } = new URL(address || "/supply/mine", self.location.origin);
  return origin === self.location.origin && pathname.startsWith("/supply/") ? pathname : "/supply/mine";
}

async function show({ id, kind = "", thread = "relight", title = "Relight", text, language, open, stop, stop_word }) {
  // What is sent once more, since nobody knew whether it had arrived, makes no second noise.
  const shown = await self.registration.getNotifications({ tag: thread });
  const isKnown = shown.some((one) => one.data && one.data.id === id);
  await self.registration.showNotification(title, {
    body: text,
    lang: language,
    tag: thread,
    renotify: !isKnown,
    silent: isKnown,
    requireInteraction: kind.startsWith("danger_"),
    icon: "/supply/icon.png",
    actions: stop ? [{ action: "stop", title: stop_word }] : [],
    data: { id, open, stop },
  });
}
