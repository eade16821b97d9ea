"""Results of a real store from 2022, with current queries."""
import gzip
import os

from harness.case import Case

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "data", "gatsby")

PRODUCTS = """{
  products {
    edges {
      node {
        id
        title
        handle
        status
        tags
        createdAt
        legacyResourceId
        isGiftCard
        totalInventory
        onlineStoreUrl
        featuredImage { id altText width }
        featuredMedia { id }
        feedback { summary }
        options @table { id name position values }
        priceRangeV2 { maxVariantPrice { amount currencyCode } }
        seo { title description }
        metafields { edges { node { id namespace key value type } } }
        media {
          edges {
            node {
              id
              alt
              mediaContentType
              preview { image { id height } status }
              ... on MediaImage { mimeType createdAt image { id } }
            }
          }
        }
      }
    }
  }
}
"""

VARIANTS = """{
  productVariants {
    edges {
      node {
        id
        displayName
        price
        compareAtPrice
        availableForSale
        inventoryQuantity
        updatedAt
        selectedOptions { name value }
        product { id }
        image { id }
        inventoryItem {
          id
          tracked
          trackedEditable { locked }
          inventoryLevels { edges { node { id location { id } } } }
        }
        metafields { edges { node { id key } } }
      }
    }
  }
}
"""

ORDERS = """{
  orders {
    edges {
      node {
        id
        closed
        closedAt
        edited
        refunds { id }
        lineItems { edges { node { id product { id } } } }
      }
    }
  }
}
"""


class Gatsby(Case):
    """BULKPG_INTROSPECTION names a complete introspection result."""

    def setUp(self):
        super().setUp()
        path = os.environ.get("BULKPG_INTROSPECTION", "")
        if path.endswith(".gz"):
            with gzip.open(path) as file:
                path = self.program.file("types.json", file.read())
        self.types = path or self.types

    def load_recording(self, name, query):
        self.configure()
        self.query(name, query)
        path = os.path.join(DATA, name + ".jsonl")
        with open(path, "rb") as file:
            count = len(file.read().splitlines())
        result = self.run_program(
            "load", "--types", self.types, "--objects", str(count), name,
            path)
        self.assertEqual(("loaded", count, 0), (
            self.last_run()["status"], self.last_run()["lines"],
            self.last_run()["rejects"]), result)
        return result

    def test_products(self):
        self.load_recording("products", PRODUCTS)
        self.assertEqual(
            [(6950279086286, "Test Product", "ACTIVE", ["test-tag"],
              "2022-02-15 22:22:42+00", 6950279086286, False, 3,
              "gid://shopify/ProductImage/30403196551374", 1920,
              "gid://shopify/MediaImage/22755647652046", "3.0", "CAD"),
             (6966721052878, "Copy of Test Product", "ACTIVE", ["test-tag"],
              "2022-03-14 22:38:58+00", 6966721052878, False, 0, None, None,
              None, "3.0", "CAD")],
            self.rows("products", """id, title, status, tags,
                created_at::text, legacy_resource_id, is_gift_card,
                total_inventory, featured_image_id, featured_image_width,
                featured_media_id,
                price_range_v2_max_variant_price_amount::text,
                price_range_v2_max_variant_price_currency_code"""))
        self.assertEqual(
            ["This product couldn\u2019t be published to Google"] * 2,
            [one for (one,) in self.rows("products", "feedback_summary")])
        self.assertEqual(
            [(6950279086286, 8894327619790, "Size", 1,
              ["Small", "Medium", "Large"]),
             (6966721052878, 8914986795214, "Size", 1,
              ["Small", "Medium", "Large"])],
            self.rows("products_options", "_parent_id, id, name, position, "
                      "values"))
        self.assertEqual(
            [(6950279086286, 21077562228942, "descriptors", "subtitle",
              "Test Subtitle", "single_line_text_field"),
             (6966721052878, 21078060335310, "descriptors", "subtitle",
              "Test Subtitle", "single_line_text_field")],
            self.rows("products_metafields", "_parent_id, id, namespace, "
                      "key, value, type"))
        self.assertEqual(
            [(6950279086286, "gid://shopify/MediaImage/22755647652046", "",
              "IMAGE", "gid://shopify/ImageSource/22758479855822", 1280,
              "READY", "image/png")],
            self.rows("products_media", "_parent_id, id, alt, "
                      "media_content_type, preview_image_id, "
                      "preview_image_height, preview_status, mime_type"))

    def test_variants(self):
        self.load_recording("variants", VARIANTS)
        self.assertEqual(
            [(41007759589582, "Test Product - Small", "1.00", None, True, 1,
              "2022-03-14 14:00:01+00", [{"name": "Size", "value": "Small"}],
              6950279086286, "gid://shopify/ProductImage/30403196551374",
              43100044394702, True, False)],
            self.rows("product_variants WHERE id = 41007759589582", """
                id, display_name, price::text, compare_at_price::text,
                available_for_sale, inventory_quantity, updated_at::text,
                selected_options, product_id, image_id, inventory_item_id,
                inventory_item_tracked,
                inventory_item_tracked_editable_locked"""))
        self.assertEqual([(6,)], self.rows("product_variants", "count(*)"))
        levels = self.rows("product_variants_inventory_item_inventory_levels",
                           "_parent_id, id, location_id")
        self.assertEqual(6, len(levels))
        self.assertEqual(
            (41007759589582, "gid://shopify/InventoryLevel/91371143374?"
             "inventory_item_id=43100044394702", 57173475534), levels[0])
        self.assertEqual([], self.rows("product_variants_metafields"))

    def test_orders(self):
        self.load_recording("orders", ORDERS)
        self.assertEqual(
            [(3838572757198, True, "2022-03-14 13:58:21+00", False, [])],
            self.rows("orders", "id, closed, closed_at::text, edited, "
                      "refunds"))
        self.assertEqual(
            [(3838572757198, 9995073585358, 6950279086286)],
            self.rows("orders_line_items", "_parent_id, id, product_id"))
