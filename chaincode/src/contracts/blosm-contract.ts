import { Contract, Returns, Transaction } from 'fabric-contract-api';
import { BlosmContext } from '../ledger';
import { BlosmError } from '../model';

/** What all contracts share: their context, and an error with a code for a function that does not exist. */
export class BlosmContract extends Contract {
  override createContext(): BlosmContext {
    return new BlosmContext();
  }

  override unknownTransaction(ctx: BlosmContext): Promise<void> {
    const { fcn } = ctx.stub.getFunctionAndParameters();
    const name = JSON.stringify(fcn.slice(0, 100));
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${this.getName()} has no function ${name}`, { stage: 'endorse' });
  }
}

/** A function that goes through the orderer. */
export function Submit(): MethodDecorator {
  return describe(true);
}

/** A function that only reads: one peer answers it. */
export function Query(): MethodDecorator {
  return describe(false);
}

interface Described {
  name: string | symbol;
  parameters?: unknown;
}

/**
 * The shim compares the number of arguments itself and refuses with an error that has no code. So it is told of no
 * parameters: it then hands on every argument as a string, and the schemas judge them.
 */
function describe(commit: boolean): MethodDecorator {
  return (target, property) => {
    Transaction(commit)(target, property);
    Returns('string')(target, property);
    const described = Reflect.getMetadata('fabric:transactions', target) as Described[];
    for (const transaction of described) delete transaction.parameters;
  };
}
