export { connectedComponents, type Components } from './connected-components.js';
export { dilate } from './dilate.js';
export { distanceTransform, squaredDistanceTransform } from './distance-transform.js';
export { eulerSkeleton } from './euler-skeleton.js';
export { checkShape, type Connectivity, type Spacing } from './grid.js';
export { signedDistanceMap } from './signed-distance-map.js';
export { skeleton } from './skeleton.js';
export { voronoiRegions } from './voronoi-regions.js';
