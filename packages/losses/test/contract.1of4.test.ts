import { shard } from '@segloss/testing';
import { contract } from './contract.parts';

contract(shard(__filename));
