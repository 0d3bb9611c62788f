import { Id } from '../../../chaincode/src/model';

/** What a request's target names. */
export type RequestTarget =
  | {
      readonly kind: 'service';
      readonly serviceId: string;
      /** Path and query as the service sees them; begins with a slash. */
      readonly path: string;
    }
  | { readonly kind: 'position' }
  | { readonly kind: 'nothing'; readonly detail: string };

/** Under this path other agents hand on requests of devices. */
export const FORWARD_PREFIX = '/peer/v1/forward';

const POSITION_PATH = '/devices/self/position';
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;

/**
 * Reads `/<service>/<path...>`. The path behind the service goes on byte by byte: it is the service's own, so nothing
 * in it is decoded or normalised here.
 * @param url the request target (RFC 9112, 3.2: origin form or absolute form)
 */
export function parseTarget(url: string): RequestTarget {
  const target = url.replace(ABSOLUTE_FORM, '');
  const [pathname = ''] = target.split('?', 1);
  if (pathname === POSITION_PATH) return { kind: 'position' };
  const serviceId = pathname.split('/', 2)[1] ?? '';
  if (!target.startsWith('/') || !Id.safeParse(serviceId).success) {
    return { kind: 'nothing', detail: 'the path names no service; devices ask for /<service>/<path>' };
  }
  const rest = target.slice(serviceId.length + 1);
  return { kind: 'service', serviceId, path: rest.startsWith('/') ? rest : `/${rest}` };
}
