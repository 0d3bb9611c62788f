/** How the ids of devices begin that have proven who they are: nobody else may have such a one. */
export const VERIFIED_ID_PREFIX = 'jwt-';

/** Who asks, as a bearer token proves it. */
export type DeviceIdentity =
  | {
      readonly kind: 'device';
      /** As the token says it. */
      readonly subject: string;
      /** `jwt-` and a hash of issuer and subject: all that leaves the gateway. */
      readonly deviceId: string;
    }
  /** No token, and none is needed. */
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** For WWW-Authenticate (RFC 6750). */
      readonly challenge: string;
    }
  /** No key is known by which anything could be verified. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Authenticates devices (design, section 5). */
export interface DeviceAuth {
  /** Name of the header line that carries the token, lower case. */
  readonly header: string;
  /** True: who has no token is refused, and so is what another cluster hands on without having asked for one. */
  readonly required: boolean;
  /** Never throws. @param authorization the header line; undefined: there is none */
  identify(authorization: string | undefined): Promise<DeviceIdentity>;
}
