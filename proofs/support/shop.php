<?php
// A shop around another author's KNET client, for proofs/php_client.py: it keeps what the client made of each result.
// KNET_CLIENT is the client's file, KNET_SETTINGS its settings as JSON, KNET_RESULT the file for what it read.

require getenv('KNET_CLIENT');

$settings = json_decode(getenv('KNET_SETTINGS'), true);
$knet = new Alnazer\KnetPayment\Knet($settings);

function keep(array $result): void
{
    file_put_contents(getenv('KNET_RESULT'), json_encode($result));
}

switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/start':
        header('Location: ' . $knet->request()['data']['url'], true, 302);
        break;
    case '/response':
        $result = $knet->responce();
        keep($result);
        echo $settings['is_redirection_mode']
            ? $knet->print_redirect($settings['receipt_url'], $result['paymentid'])
            : 'Thank you';
        break;
    case '/error':
        keep($_REQUEST);
        echo 'Something went wrong';
        break;
    case '/receipt':
        echo 'Thank you';
        break;
    default:
        http_response_code(404);
}
