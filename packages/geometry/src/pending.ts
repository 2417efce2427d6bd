/** Pixels to look at, in one queue for each pass of a thinning; a pixel is at most once in each. */
export class Pending {
  private readonly queued: Uint8Array;
  private readonly queues: number[][];

  constructor(pixels: number, passes: number) {
    this.queued = new Uint8Array(pixels);
    this.queues = Array.from({ length: passes }, () => []);
  }

  /** Adds a pixel to every queue. */
  add(pixel: number): void {
    this.queues.forEach((queue, pass) => {
      if (this.queued[pixel]! & (1 << pass)) return;
      this.queued[pixel]! |= 1 << pass;
      queue.push(pixel);
    });
  }

  /** Takes all pixels of one queue. */
  take(pass: number): number[] {
    const pixels = this.queues[pass]!;
    this.queues[pass] = [];
    for (const pixel of pixels) this.queued[pixel]! &= ~(1 << pass);
    return pixels;
  }

  get isEmpty(): boolean {
    return this.queues.every((queue) => queue.length === 0);
  }
}
