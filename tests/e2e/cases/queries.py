"""Queries that several cases use."""

PRODUCTS = """query Products {
  products {
    edges {
      node {
        id
        title
        handle
        status
        tags
        totalInventory
        createdAt
        updatedAt
        isGiftCard
        legacyResourceId
        priceRangeV2 { minVariantPrice { amount currencyCode } }
        options @table { id name position values }
        variants {
          edges {
            node {
              id
              sku
              price
              inventoryItem { id measurement { weight { value unit } } }
              metafields { edges { node { id namespace key value } } }
            }
          }
        }
        media { edges { node { alt mediaContentType status } } }
        metafields { edges { node { id namespace key jsonValue } } }
      }
    }
  }
}
"""

CUSTOMERS = """{
  customers {
    edges {
      node {
        id
        displayName
        createdAt
        numberOfOrders
        amountSpent { amount currencyCode }
        defaultAddress { id city zip }
        metafields { edges { node { id namespace key value } } }
      }
    }
  }
}
"""

ORDERS = """query Orders {
  orders {
    edges {
      node {
        id
        name
        processedAt
        totalPriceSet { shopMoney { amount } }
        customer { id }
        transactions @table { id kind status }
        taxLines @table { title rate priceSet { shopMoney { amount } } }
        lineItems { edges { node { id title quantity product { id } } } }
      }
    }
  }
}
"""

# A small query with one child connection, for tests of faults.
PLAIN = """{
  products {
    edges {
      node {
        id
        title
        updatedAt
        variants { edges { node { id sku price } } }
      }
    }
  }
}
"""

# All kinds of columns, for lines that a test writes by hand.
WIRE = """{
  products {
    edges {
      node {
        id
        title
        legacyResourceId
        totalInventory
        createdAt
        isGiftCard
        tags
        priceRangeV2 { minVariantPrice { amount } }
        variants {
          edges {
            node {
              id
              title
              inventoryItem { measurement { weight { value } } }
            }
          }
        }
        metafields { edges { node { id key jsonValue } } }
      }
    }
  }
}
"""

PRODUCT = "gid://shopify/Product/"
VARIANT = "gid://shopify/ProductVariant/"
METAFIELD = "gid://shopify/Metafield/"
