// The order of the statistics in `slots`: where each stands in the output, or -1.
export const COUNT = 0;
export const TARGET = 1;
export const TARGET_SQUARES = 2;
export const PREDICTED = 3;
export const PREDICTED_SQUARES = 4;
export const OVERLAP = 5;
export const OVERLAP_SQUARES = 6;
export const DIFFERENCE = 7;
export const LOG_LIKELIHOOD = 8;
export const LOG_SUM = 9;
export const TEMPERED = 10;
export const PREDICTED_COMPLEMENT = 11;
export const TEMPERED_COMPLEMENT = 12;
export const COMPLEMENT_LOG_LIKELIHOOD = 13;
export const COMPLEMENT_LOG_SUM = 14;
/** How many there are. */
export const STATISTICS = 15;

// @ts-ignore: decorator of AssemblyScript
@inline
export function slotOf(slots: usize, statistic: i32): i32 {
  return load<i32>(slots + (<usize>statistic << 2));
}
