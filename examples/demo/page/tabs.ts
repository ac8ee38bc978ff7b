/** Makes tabs work as the ARIA practices have them: one is in the tab order, arrows move between them. */
export function startTabs(list: HTMLElement, onOpen: (name: string) => void): void {
  const tabs = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const open = (chosen: HTMLButtonElement): void => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = !isChosen;
    }
    onOpen(chosen.id.replace("tab-", ""));
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const places: Record<string, number> = {
        ArrowLeft: index - 1,
        ArrowRight: index + 1,
        Home: 0,
        End: tabs.length - 1,
      };
      const place = places[event.key];
      if (place === undefined) return;
      event.preventDefault();
      const next = tabs.at(place % tabs.length) as HTMLButtonElement;
      open(next);
      next.focus();
    });
  });
}
