/** Sums over images; plain numbers, to be saved. */
export interface MeansState {
  images: number;
  loss: number;
  terms: Record<string, number>;
  gradientNorm: number;
  updates: number;
}

/** Nothing summed yet. */
export function noSums(): MeansState {
  return { images: 0, loss: 0, terms: {}, gradientNorm: 0, updates: 0 };
}

/** Adds what an update over some images reports. */
export function addTo(
  sums: MeansState,
  { loss, terms, gradientNorm }: { loss: number; terms: Record<string, number>; gradientNorm: number },
  images: number,
): void {
  sums.images += images;
  sums.loss += loss * images;
  for (const [name, value] of Object.entries(terms))
    sums.terms[name] = (sums.terms[name] ?? 0) + value * images;
  sums.gradientNorm += gradientNorm;
  sums.updates += 1;
}

/** Loss and terms as means over images, the gradient's norm over updates. */
export function meansOf({ images, loss, terms, gradientNorm, updates }: MeansState): {
  loss: number;
  terms: Record<string, number>;
  gradientNorm: number;
} {
  return {
    loss: loss / images,
    terms: Object.fromEntries(Object.entries(terms).map(([name, sum]) => [name, sum / images])),
    gradientNorm: gradientNorm / updates,
  };
}
