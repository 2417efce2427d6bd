import { shard } from '@segloss/testing';
import { packaging } from './packaging.parts.js';

packaging(shard(__filename));
