import { shard } from '@segloss/testing';
import { optionPairs } from './option-pairs.parts';

optionPairs(shard(__filename));
