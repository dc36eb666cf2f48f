/**
 * Reads the picture out: moving over it, or the arrow keys on it, name a node and what it takes. Without scripts the page has
 * the same numbers in its table. Plain JavaScript, since it goes into the page as it stands.
 */
export const READER = `
for (const picture of document.querySelectorAll('.picture')) {
  const rows = [...picture.closest('figure').querySelectorAll('tbody tr')].map((row) =>
    [...row.cells].map((cell) => cell.textContent));
  const out = picture.parentElement.querySelector('.reading');
  if (rows.length === 0) continue;
  let at = -1;
  const show = (index) => {
    at = Math.min(rows.length - 1, Math.max(0, index));
    const [place, operator, name, , , , sum] = rows[at];
    const text = 'node ' + place + ': ' + operator + (name ? ' ' + name : '') + ', ' + sum;
    out.textContent = text;
    picture.setAttribute('aria-valuenow', at + 1);
    picture.setAttribute('aria-valuetext', text);
    for (const chart of picture.querySelectorAll('svg')) {
      const width = chart.viewBox.baseVal.width;
      const left = Number(picture.dataset.left);
      const room = width - left - Number(picture.dataset.right);
      const cursor = chart.querySelector('.cursor');
      cursor.removeAttribute('hidden');
      cursor.firstElementChild.setAttribute('x', left + (room * at) / rows.length);
      cursor.firstElementChild.setAttribute('width', Math.max(2, Math.min(64, room / rows.length)));
    }
  };
  picture.tabIndex = 0;
  for (const [name, value] of [['role', 'slider'], ['aria-label', 'Memory by node'], ['aria-valuemin', 1],
    ['aria-valuemax', rows.length], ['aria-valuenow', 1], ['aria-valuetext', 'arrow keys go from node to node']])
    picture.setAttribute(name, value);
  picture.addEventListener('keydown', (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10,
      Home: -rows.length, End: rows.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    show(event.key === 'Home' ? 0 : at + steps[event.key]);
  });
  picture.addEventListener('pointermove', (event) => {
    const chart = [...picture.querySelectorAll('svg')].find((svg) => svg.getBoundingClientRect().width > 0);
    if (!chart) return;
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width - Number(picture.dataset.left);
    const room = chart.viewBox.baseVal.width - Number(picture.dataset.left) - Number(picture.dataset.right);
    if (x >= 0 && x < room) show(Math.floor((x / room) * rows.length));
  });
}
`;
