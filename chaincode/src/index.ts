import 'reflect-metadata';
import { ConfirmationContract } from './contracts/confirmation-contract';
import { EvaluationContract } from './contracts/evaluation-contract';
import { InstanceContract } from './contracts/instance-contract';
import { MetadataContract } from './contracts/metadata-contract';
import { MigrationContract } from './contracts/migration-contract';
import { NodeContract } from './contracts/node-contract';
import { ServiceContract } from './contracts/service-contract';

/** The chaincode `blosm`: what fabric-shim loads. */
export const contracts = [
  NodeContract,
  MetadataContract,
  ConfirmationContract,
  EvaluationContract,
  ServiceContract,
  InstanceContract,
  MigrationContract,
];
