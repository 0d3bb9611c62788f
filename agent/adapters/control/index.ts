export { HTTP_STATUS } from './problem';
export { ROUTES, type Route } from './routes';
export { openApiDocument } from './openapi';
export { startControlServer, type ControlServer, type ControlServerOptions } from './server';
export type { TcpControlOptions } from './tcp-server';
