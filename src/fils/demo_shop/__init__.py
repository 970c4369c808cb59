"""
A small shop that sells one thing and is paid through the HTTP API, as any shop would be.

It imports nothing else of Fils: what it knows it learned from the documented API. It keeps no orders; a real
shop would store the payment's id beside its order before it sends the customer away.
"""

from fils.demo_shop.shop import DemoShop, DemoShopSettings

__all__ = ["DemoShop", "DemoShopSettings"]
