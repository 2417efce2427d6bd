export {
  checkShape,
  distanceTransform,
  squaredDistanceTransform,
  type Spacing,
} from './distance-transform.js';
export { signedDistanceMap } from './signed-distance-map.js';
