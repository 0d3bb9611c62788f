import type { ServiceImage, ServiceRegistration } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ServiceOrder, ServiceView } from '../../ports/control';
import type { ImageObservation } from '../../ports/engine';
import type { Agent } from '../agent';
import { digestOf } from '../hashing';
import { serviceView } from './views';

/** For bringing the image into the registry as a whole. The command line waits a little longer for the answer. */
const IMAGE_TIMEOUT_MS = 15 * 60_000;

/** Brings the image into the private registry, keeps the run spec and writes the service to the ledger. */
export async function registerService(agent: Agent, order: ServiceOrder, options: CallOptions): Promise<ServiceView> {
  const { ledger, engine, settings, clock } = agent.context;
  const reference = `${settings.registryAddress}/${order.image.repository}:${order.image.tag}`;
  const endsAtMs = clock.nowMs() + IMAGE_TIMEOUT_MS;
  const limits = (): CallOptions => ({ ...options, timeoutMs: Math.max(1, endsAtMs - clock.nowMs()) });
  const image = await imageOf(agent, reference, limits());
  const { manifestDigest } = await engine.pushImage(reference, () => undefined, limits());
  const { configDigest, sizeBytes } = image;
  const { repository } = order.image;
  const registration = toRegistration(order, { repository, manifestDigest, configDigest, sizeBytes });
  await agent.specs.keepToRegister(order.runSpec);
  const { result } = await ledger.submit('ServiceContract:Register', [registration], options);
  return serviceView(result, await agent.cache.nodes());
}

/** The ledger's part of an order, once the image's digests are known: of the run spec only the hash. */
export function toRegistration({ runSpec, ...fields }: ServiceOrder, image: ServiceImage): ServiceRegistration {
  return { ...fields, image, specSha256: digestOf(runSpec) };
}

/** From the own engine, else from the registry. */
async function imageOf(agent: Agent, reference: string, options: CallOptions): Promise<ImageObservation> {
  const { engine } = agent.context;
  return (
    (await engine.inspectImage(reference, options)) ?? (await engine.pullImage(reference, () => undefined, options))
  );
}
