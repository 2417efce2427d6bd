import { shard } from '@segloss/testing';
import { biasCards } from './bias-cards.parts.js';

biasCards(shard(__filename));
