export { BlockFactsReader } from './block-facts';
export type { RawBlock } from './raw-block';
