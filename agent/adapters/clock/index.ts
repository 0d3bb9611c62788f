export { systemClock } from './clock';
export { createRandom } from './random';
