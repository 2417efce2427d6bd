/**
 * Sets the pixels of a mask whose centers lie within a polygon: by the even-odd rule, where an edge owns the centers that lie
 * on it if the inside is to its right or below. So polygons that share an edge share no pixel and leave none out.
 *
 * @param mask `height * width` values, row by row.
 * @param points x1, y1, x2, y2, … in pixels; the first pixel is from 0 to 1. The last point is joined to the first.
 * @param value What to set.
 */
export function fillPolygon(
  mask: Uint8Array,
  { height, width }: { height: number; width: number },
  points: readonly number[],
  value = 1,
): void {
  const crossings: number[][] = Array.from({ length: height }, () => []);
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    addCrossings(crossings, points[i]!, points[i + 1]!, points[next]!, points[next + 1]!);
  }
  crossings.forEach((row, y) => {
    row.sort((a, b) => a - b);
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [from, to] = [firstCenter(row[i]!), firstCenter(row[i + 1]!)];
      mask.fill(value, y * width + Math.min(from, width), y * width + Math.min(to, width));
    }
  });
}

/** Where an edge crosses the center lines of rows; an end belongs to the edge below it. */
function addCrossings(rows: number[][], x1: number, y1: number, x2: number, y2: number): void {
  if (y1 > y2) return addCrossings(rows, x2, y2, x1, y1); // one way round: neighbors must round alike
  const last = Math.min(firstCenter(y2), rows.length);
  for (let y = firstCenter(y1); y < last; y++) rows[y]!.push(x1 + ((y + 0.5 - y1) / (y2 - y1)) * (x2 - x1));
}

/** The first pixel, not before 0, whose center is not before a place. */
const firstCenter = (place: number) => Math.max(0, Math.ceil(place - 0.5));
