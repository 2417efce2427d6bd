import { shard } from '@segloss/testing';
import { parity } from './parity.parts';

parity(shard(__filename));
