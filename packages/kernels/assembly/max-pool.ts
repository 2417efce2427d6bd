/** The gradient goes to the first largest value of each window, whatever its sign. */
// prettier-ignore
export function maxPoolGradient(
  dy: usize, x: usize, dx: usize,
  batch: i32, height: i32, width: i32, channels: i32,
  outHeight: i32, outWidth: i32,
  filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
): void {
  memory.fill(dx, 0, <usize>(batch * height * width * channels) << 2);
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  for (let n = 0; n < batch; n++) {
    const image = <usize>(n * height * width) * pixel;
    for (let oy = 0; oy < outHeight; oy++) {
      const top = oy * strideY - padTop;
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideX - padLeft;
        let c: usize = 0;
        for (; c < vectors; c += 16) {
          // Four channels: the largest value, then the first place that has it.
          let best = f32x4.splat(-Infinity);
          for (let ky = 0; ky < filterHeight; ky++) {
            const iy = top + ky * dilationY;
            if (iy < 0 || iy >= height) continue;
            for (let kx = 0; kx < filterWidth; kx++) {
              const ix = left + kx * dilationX;
              if (ix < 0 || ix >= width) continue;
              best = f32x4.pmax(best, v128.load(x + image + <usize>(iy * width + ix) * pixel + c));
            }
          }
          let rest = v128.load(dy + c);
          for (let ky = 0; ky < filterHeight; ky++) {
            const iy = top + ky * dilationY;
            if (iy < 0 || iy >= height) continue;
            for (let kx = 0; kx < filterWidth; kx++) {
              const ix = left + kx * dilationX;
              if (ix < 0 || ix >= width) continue;
              const offset = image + <usize>(iy * width + ix) * pixel + c;
              const here = f32x4.eq(v128.load(x + offset), best);
              v128.store(dx + offset, f32x4.add(v128.load(dx + offset), v128.and(rest, here)));
              rest = v128.andnot(rest, here);
            }
          }
        }
        for (; c < pixel; c += 4) {
          let best = -Infinity as f32;
          let at: isize = -1;
          for (let ky = 0; ky < filterHeight; ky++) {
            const iy = top + ky * dilationY;
            if (iy < 0 || iy >= height) continue;
            for (let kx = 0; kx < filterWidth; kx++) {
              const ix = left + kx * dilationX;
              if (ix < 0 || ix >= width) continue;
              const offset = image + <usize>(iy * width + ix) * pixel + c;
              const value = load<f32>(x + offset);
              if (value > best || at < 0) {
                best = value;
                at = offset;
              }
            }
          }
          if (at >= 0) store<f32>(dx + <usize>at, load<f32>(dx + <usize>at) + load<f32>(dy + c));
        }
        dy += pixel;
      }
    }
  }
}
