"""The part of the GraphQL Admin API that is served, in its schema language.

Names and nullability are those of shopify.dev/docs/api/admin-graphql (2026-01).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from graphql import GraphQLSchema, build_schema

SDL: Final = """
directive @idempotent(key: String!) on FIELD

scalar DateTime
scalar Decimal
scalar Money
scalar URL
scalar UnsignedInt64

type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type PageInfo {
  hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
}
interface DisplayableError { field: [String!] message: String! }
type UserError implements DisplayableError { field: [String!] message: String! }

type LineItem {
  id: ID!
  sku: String
  name: String!
  quantity: Int!
  unfulfilledQuantity: Int!
  originalUnitPriceSet: MoneyBag!
}
type LineItemEdge { cursor: String! node: LineItem! }
type LineItemConnection { edges: [LineItemEdge!]! nodes: [LineItem!]! pageInfo: PageInfo! }

type FulfillmentOrderLineItem {
  id: ID! remainingQuantity: Int! totalQuantity: Int! lineItem: LineItem!
}
type FulfillmentOrderLineItemEdge { cursor: String! node: FulfillmentOrderLineItem! }
type FulfillmentOrderLineItemConnection {
  edges: [FulfillmentOrderLineItemEdge!]! nodes: [FulfillmentOrderLineItem!]! pageInfo: PageInfo!
}
type FulfillmentOrder {
  id: ID!
  status: String!
  orderId: ID!
  lineItems(first: Int, after: String): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderEdge { cursor: String! node: FulfillmentOrder! }
type FulfillmentOrderConnection {
  edges: [FulfillmentOrderEdge!]! nodes: [FulfillmentOrder!]! pageInfo: PageInfo!
}
type FulfillmentTrackingInfo { company: String number: String url: URL }
type FulfillmentLineItem { id: ID! quantity: Int! lineItem: LineItem! }
type FulfillmentLineItemEdge { cursor: String! node: FulfillmentLineItem! }
type FulfillmentLineItemConnection {
  edges: [FulfillmentLineItemEdge!]! nodes: [FulfillmentLineItem!]! pageInfo: PageInfo!
}
type ReturnLineItem { id: ID! quantity: Int! returnReason: String! }
type ReturnLineItemEdge { cursor: String! node: ReturnLineItem! }
type ReturnLineItemConnection {
  edges: [ReturnLineItemEdge!]! nodes: [ReturnLineItem!]! pageInfo: PageInfo!
}
type Return {
  id: ID!
  name: String!
  status: String!
  totalQuantity: Int!
  returnLineItems(first: Int, after: String): ReturnLineItemConnection!
}
type ReturnEdge { cursor: String! node: Return! }
type ReturnConnection { edges: [ReturnEdge!]! nodes: [Return!]! pageInfo: PageInfo! }
type Refund { id: ID! legacyResourceId: UnsignedInt64! createdAt: DateTime note: String }

type Fulfillment {
  id: ID!
  fulfillmentLineItems(first: Int, after: String): FulfillmentLineItemConnection!
  legacyResourceId: UnsignedInt64!
  status: String!
  createdAt: DateTime!
  trackingInfo(first: Int): [FulfillmentTrackingInfo!]!
}

type Order {
  id: ID!
  legacyResourceId: UnsignedInt64!
  name: String!
  createdAt: DateTime!
  updatedAt: DateTime!
  cancelledAt: DateTime
  test: Boolean!
  taxesIncluded: Boolean!
  displayFinancialStatus: String
  displayFulfillmentStatus: String!
  currencyCode: String!
  presentmentCurrencyCode: String!
  totalPriceSet: MoneyBag!
  totalTaxSet: MoneyBag
  lineItems(first: Int, after: String): LineItemConnection!
  fulfillmentOrders(first: Int, after: String): FulfillmentOrderConnection!
  fulfillments(first: Int): [Fulfillment!]!
  refunds(first: Int): [Refund!]!
  returns(first: Int, after: String): ReturnConnection!
  totalRefundedSet: MoneyBag!
}
type OrderEdge { cursor: String! node: Order! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }

type Location { id: ID! legacyResourceId: UnsignedInt64! }
type InventoryQuantity { name: String! quantity: Int! updatedAt: DateTime }
type InventoryLevel {
  id: ID!
  location: Location!
  item: InventoryItem!
  quantities(names: [String!]!): [InventoryQuantity!]!
}
type InventoryLevelEdge { cursor: String! node: InventoryLevel! }
type InventoryLevelConnection {
  edges: [InventoryLevelEdge!]! nodes: [InventoryLevel!]! pageInfo: PageInfo!
}
type InventoryItem {
  id: ID!
  legacyResourceId: UnsignedInt64!
  sku: String
  tracked: Boolean!
  measurement: InventoryItemMeasurement!
  inventoryLevel(locationId: ID!): InventoryLevel
  inventoryLevels(first: Int, after: String): InventoryLevelConnection!
}
type InventoryItemEdge { cursor: String! node: InventoryItem! }
type InventoryItemConnection {
  edges: [InventoryItemEdge!]! nodes: [InventoryItem!]! pageInfo: PageInfo!
}

enum WeightUnit { GRAMS KILOGRAMS }
type Weight { unit: WeightUnit! value: Float! }
type InventoryItemMeasurement { weight: Weight }
type Product { id: ID! legacyResourceId: UnsignedInt64! }
type ProductVariant {
  id: ID!
  legacyResourceId: UnsignedInt64!
  title: String!
  sku: String
  barcode: String
  price: Money!
  taxable: Boolean!
  updatedAt: DateTime!
  product: Product!
  inventoryItem: InventoryItem!
}
type ProductVariantEdge { cursor: String! node: ProductVariant! }
type ProductVariantConnection {
  edges: [ProductVariantEdge!]! nodes: [ProductVariant!]! pageInfo: PageInfo!
}
input WeightInput { unit: WeightUnit! value: Float! }
input InventoryItemMeasurementInput { weight: WeightInput }
input InventoryItemInput {
  sku: String tracked: Boolean measurement: InventoryItemMeasurementInput
}
input ProductVariantsBulkInput {
  id: ID barcode: String price: Money taxable: Boolean inventoryItem: InventoryItemInput
}
type ProductVariantsBulkUpdatePayload {
  productVariants: [ProductVariant!] userErrors: [UserError!]!
}

input InventoryQuantityInput {
  inventoryItemId: ID! locationId: ID! quantity: Int! changeFromQuantity: Int
}
input InventorySetQuantitiesInput {
  name: String!
  reason: String!
  referenceDocumentUri: String
  quantities: [InventoryQuantityInput!]!
}
type InventorySetQuantitiesUserError implements DisplayableError {
  code: String field: [String!] message: String!
}
type InventoryChange { name: String! delta: Int! quantityAfterChange: Int }
type InventoryAdjustmentGroup { createdAt: DateTime! reason: String! changes: [InventoryChange!]! }
type InventorySetQuantitiesPayload {
  inventoryAdjustmentGroup: InventoryAdjustmentGroup
  userErrors: [InventorySetQuantitiesUserError!]!
}

input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentOrderLineItemsInput {
  fulfillmentOrderId: ID!
  fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!]
}
input ReturnLineItemInput {
  fulfillmentLineItemId: ID! quantity: Int! returnReason: String returnReasonNote: String
}
input ReturnInput {
  orderId: ID! returnLineItems: [ReturnLineItemInput!]! notifyCustomer: Boolean
}
type ReturnPayload { return: Return userErrors: [UserError!]! }

input FulfillmentTrackingInput { company: String number: String url: URL }
input FulfillmentInput {
  lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]!
  notifyCustomer: Boolean
  trackingInfo: FulfillmentTrackingInput
}
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }

type ApiVersion { handle: String! }
type WebhookSubscription {
  id: ID!
  legacyResourceId: UnsignedInt64!
  topic: String!
  uri: String!
  format: String!
  apiVersion: ApiVersion!
  createdAt: DateTime!
}
type WebhookSubscriptionEdge { cursor: String! node: WebhookSubscription! }
type WebhookSubscriptionConnection {
  edges: [WebhookSubscriptionEdge!]! nodes: [WebhookSubscription!]! pageInfo: PageInfo!
}
input WebhookSubscriptionInput { uri: String format: String }
type WebhookSubscriptionCreatePayload {
  webhookSubscription: WebhookSubscription userErrors: [UserError!]!
}
type WebhookSubscriptionDeletePayload {
  deletedWebhookSubscriptionId: ID userErrors: [UserError!]!
}

type Query {
  return(id: ID!): Return
  webhookSubscriptions(
    first: Int, after: String, topics: [String!]
  ): WebhookSubscriptionConnection!
  order(id: ID!): Order
  orders(first: Int, after: String): OrderConnection!
  inventoryItem(id: ID!): InventoryItem
  inventoryItems(first: Int, after: String, query: String): InventoryItemConnection!
  productVariant(id: ID!): ProductVariant
  productVariants(first: Int, after: String, query: String): ProductVariantConnection!
}
type Mutation {
  returnCreate(returnInput: ReturnInput!): ReturnPayload
  returnClose(id: ID!): ReturnPayload
  returnCancel(id: ID!): ReturnPayload
  webhookSubscriptionCreate(
    topic: String!, webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionCreatePayload
  webhookSubscriptionDelete(id: ID!): WebhookSubscriptionDeletePayload
  productVariantsBulkUpdate(
    productId: ID!, variants: [ProductVariantsBulkInput!]!
  ): ProductVariantsBulkUpdatePayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
}
"""


@cache
def admin_schema() -> GraphQLSchema:
    """Return the schema, built when it is first asked for."""
    return build_schema(SDL)
