/** No image is decoded that claims more pixels than this. */
export const MAX_PIXELS = 64e6;
