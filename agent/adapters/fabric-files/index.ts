export { openBlockFiles } from './block-files';
