import { fail, ok, warn, type Finding } from './finding';

/** What the registry answered to `GET /v2/`. */
export type RegistryLook =
  { readonly failure: string; readonly isUntrusted: boolean } | { readonly status: number; readonly isTls: boolean };

type Answer = Exclude<RegistryLook, { failure: string }>;

/** Addresses that engines reach without TLS by themselves. */
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/** Whether a password may go there without TLS: it does not leave the machine. */
export const isLocalRegistry = (address: string): boolean => LOCAL.test(address);

export function judgeRegistry(address: string, hasLogin: boolean, look: RegistryLook): Finding {
  if ('failure' in look) return judgeFailure(address, look);
  if (!look.isTls && hasLogin && !isLocalRegistry(address)) {
    return fail(
      `${address} answers without TLS: the password would travel in the clear`,
      'Give the registry a certificate, or take registry.username out of the configuration and see: blosm config validate.',
    );
  }
  return look.status === 200 ? judgeWay(address, hasLogin, look) : judgeStatus(address, hasLogin, look);
}

function judgeFailure(address: string, look: Exclude<RegistryLook, Answer>): Finding {
  return look.isUntrusted
    ? fail(
        `the TLS certificate of ${address} is not trusted: ${look.failure}`,
        `Give its certificate authority to the engine as /etc/docker/certs.d/${address}/ca.crt, and to the agent by NODE_EXTRA_CA_CERTS.`,
      )
    : fail(
        `${address} does not answer: ${look.failure}`,
        `Start the registry, or correct registry.address; try the way with: curl -v http://${address}/v2/.`,
      );
}

function judgeStatus(address: string, hasLogin: boolean, { status }: Answer): Finding {
  if (status === 401 || status === 403) {
    return fail(
      `${address} ${hasLogin ? 'refuses the login' : 'wants a login'} (status ${status})`,
      `Set registry.username and registry.passwordFile to an account that may push and pull; try it with: docker login ${address}.`,
    );
  }
  return fail(
    `${address} answers ${status} to /v2/, as no registry does`,
    `Correct registry.address; see: curl -v http://${address}/v2/.`,
  );
}

function judgeWay(address: string, hasLogin: boolean, { isTls }: Answer): Finding {
  const seen = `${address} answers${hasLogin ? ' and takes the login' : ''}${isTls ? ', over TLS' : ''}`;
  if (isTls || isLocalRegistry(address)) return ok(seen);
  return warn(
    `${seen}, without TLS`,
    `Give the registry a certificate; until then the engine has to be told: "insecure-registries": ["${address}"] in /etc/docker/daemon.json.`,
  );
}
