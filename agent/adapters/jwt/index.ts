export { createDeviceAuth } from './device-auth';
export type { DeviceAuthOptions } from './device-auth';
