import { blosm } from '../clusters';
import { registryAddress, type Sandbox } from '../sandbox';
import { publishService, SAMPLE_SERVICES, serviceFilePath } from '../services';

/**
 * Builds the sample services' images (or takes them from the cache), puts them into the private registry and registers
 * the services as the first cluster's operator.
 */
export async function publishSampleServices(
  { plan }: Sandbox,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  const operator = plan.clusters[0];
  if (operator === undefined) return;
  for (const service of SAMPLE_SERVICES) {
    onStep(`service ${service}`);
    await publishService(service, { registry: registryAddress(plan) });
    await blosm(operator, ['service', 'register', '-f', serviceFilePath(service)]);
  }
}
