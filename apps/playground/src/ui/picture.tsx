import { effect } from '@preact/signals';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { nameOf } from '../state/state.js';
import { Swatch } from './controls.js';

interface PictureProps {
  /** Height and width in pixels. */
  readonly size: number;
  readonly label: string;
  /** Draws the image; called again when a signal that it reads has changed, without the rest of the screen. */
  readonly draw: (context: CanvasRenderingContext2D) => void;
}

/** Draws a canvas again when the browser has lost what was on it, as when its GPU process breaks down. */
export function useRedraw(
  ref: RefObject<HTMLCanvasElement>,
  draw: (context: CanvasRenderingContext2D) => void,
): void {
  useEffect(() => {
    const canvas = ref.current!;
    const again = () => draw(canvas.getContext('2d')!);
    canvas.addEventListener('contextrestored', again);
    return () => canvas.removeEventListener('contextrestored', again);
  });
}

/** An image, drawn anew when the screen is rendered or one of its signals changes. */
export function Picture({ size, label, draw }: PictureProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => effect(() => draw(ref.current!.getContext('2d')!)));
  useRedraw(ref, draw);
  return <canvas ref={ref} width={size} height={size} role="img" aria-label={label} />;
}

interface TileProps extends Omit<JSX.HTMLAttributes<HTMLElement>, 'title'> {
  /** The loss whose image it is; its name is the title. */
  readonly spec?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly children: ComponentChildren;
}

/** An image with its name below. */
export function Tile({ spec, title, detail, children, ...rest }: TileProps) {
  return (
    <figure class="tile" data-spec={spec} {...rest}>
      {children}
      <figcaption>
        <strong>
          {spec !== undefined && <Swatch spec={spec} />} {title ?? nameOf(spec!)}
        </strong>
        <span>{detail}</span>
      </figcaption>
    </figure>
  );
}
