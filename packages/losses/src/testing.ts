// @segloss/losses/testing: the contract that every loss keeps, as a check for losses of your own.
export { checkLoss, type CheckResult } from './contract/check-loss.js';
export { type CheckLossOptions } from './contract/bench.js';
