import { lineChart } from '@segloss/charts';

import { curveOf, P_RANGE } from './core/curve.js';

/** Values above this leave the chart. */
const CEILING = 1.5;

/** `<segloss-curve loss="ce, dice" q="0.02">`: the curve of the playground, with a slider of the true size. */
class CurveElement extends HTMLElement {
  static readonly observedAttributes = ['loss', 'q'];
  private q = 0.02;
  private drawn = false;

  connectedCallback(): void {
    const q = Number(this.getAttribute('q') ?? 0.02);
    this.q = q > 0 && q < 1 ? q : 0.02;
    const label = document.createElement('label');
    const slider = Object.assign(document.createElement('input'), {
      type: 'range',
      min: '-6.9',
      max: '-0.11',
      step: '0.02',
      value: String(Math.log(this.q)),
    });
    const text = document.createElement('span');
    const drawing = document.createElement('div');
    label.append('True size ', slider, ' ', text);
    label.style.cssText = 'display:flex;gap:.6rem;align-items:center;font-size:.9rem';
    slider.style.cssText = 'flex:1 1 auto;max-width:320px;min-height:24px';
    const draw = () => {
      text.textContent = `${Number((100 * this.q).toPrecision(3))} %`;
      slider.setAttribute('aria-valuetext', text.textContent);
      drawing.innerHTML = this.chart(Math.max(280, this.clientWidth || 640));
      const svg = drawing.querySelector('svg');
      if (svg) svg.style.maxWidth = '100%';
    };
    slider.addEventListener('input', () => {
      this.q = Math.exp(Number(slider.value)); // its steps miss the size that the page gave
      draw();
    });
    this.replaceChildren(drawing, label);
    draw();
    this.drawn = true;
  }

  attributeChangedCallback(): void {
    if (this.drawn) this.connectedCallback();
  }

  private chart(width: number): string {
    const curves = this.specs().flatMap((spec) => curveOf(spec, this.q) ?? []);
    const least = curves.map(
      ({ spec, minimizer }) => `${spec}: ${Number((100 * minimizer).toPrecision(3))} %`,
    );
    return lineChart({
      title: curves.every(({ kind }) => kind === 'penalty')
        ? 'Penalty on the predicted size'
        : 'The whole loss, one probability everywhere',
      description: `Least at ${least.join('; ')}.`,
      x: { label: 'predicted size p, share of the image', scale: 'log', domain: P_RANGE },
      y: { label: 'value less its minimum', domain: [0, CEILING] },
      height: 300,
      width,
      marks: [{ x: this.q, label: 'true size' }],
      series: curves.map(({ spec, points, minimizer }) => ({
        name: spec,
        points: points.map(([p, value]) => [p, value > CEILING ? NaN : value] as const),
        dots: [[Math.min(P_RANGE[1], Math.max(P_RANGE[0], minimizer)), 0]],
      })),
    });
  }

  /** The specs of the attribute, split at commas outside of brackets. */
  private specs(): string[] {
    return (this.getAttribute('loss') ?? 'ce, dice').split(/,(?![^([]*[)\]])/).map((spec) => spec.trim());
  }
}

customElements.define('segloss-curve', CurveElement);
