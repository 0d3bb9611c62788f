import { RunSpec, ServiceRegistration } from '../../../chaincode/src/model';
import { toRegistration } from '../../../agent/app/control/register-service';
import { digestOf } from '../../../agent/app/hashing';
import { SAMPLE_SERVICES, readServiceOrder } from '../../../network/services';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe.each(SAMPLE_SERVICES)('the file of the service %s', (service) => {
  const order = readServiceOrder(service);

  it('is what the ledger takes', () => {
    const image = { repository: order.image.repository, manifestDigest: DIGEST, configDigest: DIGEST, sizeBytes: 1 };
    const registration = ServiceRegistration.parse(toRegistration(order, image));
    expect(registration).toMatchObject({ serviceId: service, specSha256: digestOf(RunSpec.parse(order.runSpec)) });
    expect(registration.need.memoryBytes).toBeGreaterThan(0);
  });

  it('asks for nothing that a foreign cluster refuses', () => {
    const { privileged, hostNamespaces, binds, capabilities, devices } = order.runSpec;
    expect({ privileged, hostNamespaces, binds, capabilities, devices }).toEqual({
      privileged: false,
      hostNamespaces: [],
      binds: [],
      capabilities: [],
      devices: [],
    });
  });
});
