export { HTTP_STATUS } from './problem';
export { ROUTES } from './routes';
export { startControlServer, type ControlServer, type ControlServerOptions } from './server';
