export { inspectChannel } from './inspect-channel';
