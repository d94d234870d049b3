// The box beside a cell that tells what the cell means. It takes no pointer, and there is one for a picture.

import { el } from '../dom.js';

const DISTANCE_PX = 8;

export class Tip {
  private readonly element = el('div', { class: 'tip', hidden: '', 'aria-hidden': 'true' });

  show(beside: Element, sentences: readonly string[]): void {
    const { element } = this;
    if (!element.isConnected) document.body.append(element);
    element.replaceChildren(...sentences.map((sentence) => el('p', {}, sentence)));
    element.hidden = false;
    const cell = beside.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const below = cell.bottom + DISTANCE_PX;
    const top = below + box.height > clientHeight ? cell.top - DISTANCE_PX - box.height : below;
    const left = Math.min(cell.left, clientWidth - box.width - DISTANCE_PX);
    element.style.top = `${Math.max(0, top)}px`;
    element.style.left = `${Math.max(DISTANCE_PX, left)}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
